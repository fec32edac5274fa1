import { usePreferences } from '../state/preferences.ts';
import { useMedia } from '../ui/media.ts';

/** Changes when the colours of the page do. */
export function useThemeVersion(): string {
  const { theme } = usePreferences();
  return `${theme} ${useMedia('(prefers-color-scheme: dark)')}`;
}

import type { JSX } from 'react';
import { languageNames, languages } from '@openmanager/texts';
import { useLanguage, type Locale } from '../../i18n/locale.ts';
import { Segments } from '../../ui/choice.tsx';
import { Icon } from '../../ui/icons.tsx';
import { setPreferences, themes, usePreferences, type Theme } from '../../state/preferences.ts';

const themeIcons = { system: 'screen', light: 'sun', dark: 'moon' } as const;
const themeLabels = { system: 'theme.system', light: 'theme.light', dark: 'theme.dark' } as const;

/** Each language by its own name, so that people find theirs in a page they cannot read. */

export function ThemeChoice({ iconsOnly = false }: { readonly iconsOnly?: boolean }): JSX.Element {
  const { t } = useLanguage();
  const { theme } = usePreferences();
  return (
    <Segments<Theme>
      label={t('account.theme')}
      choices={themes.map((value) => ({
        value,
        label: t(themeLabels[value]),
        icon: <Icon name={themeIcons[value]} />,
      }))}
      value={theme}
      onChange={(value) => setPreferences({ theme: value })}
      iconsOnly={iconsOnly}
    />
  );
}

export function LanguageChoice(): JSX.Element {
  const { t, locale } = useLanguage();
  return (
    <Segments<Locale>
      label={t('account.language')}
      choices={languages.map((value) => ({ value, label: languageNames[value] }))}
      value={locale}
      onChange={(value) => setPreferences({ locale: value })}
    />
  );
}

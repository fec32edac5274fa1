import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './shell/App.tsx';
import { wantedLocale, watchPreferences } from './state/preferences.ts';
import { checkSession } from './state/session.ts';
import { activate } from './i18n/locale.ts';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

watchPreferences();
void checkSession();
await activate(wantedLocale());

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

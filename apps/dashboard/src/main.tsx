import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { wantedLocale, watchPreferences } from './app/preferences.ts';
import { checkSession } from './app/session.ts';
import { activate } from './i18n/locale.ts';
import './styles/tokens.css';
import './styles/base.css';

watchPreferences();
void checkSession();
await activate(wantedLocale());

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

/** Name of the cookie that carries a session's token. */
export const SESSION_COOKIE = 'openmanager_session';

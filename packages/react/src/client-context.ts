import type { OpenManagerClient } from '@openmanager/client';
import { createContext, createElement, type JSX, type ReactNode } from 'react';

/** The client that hooks below read when they name no hub of their own; null for the shared one. */
export const ClientContext: React.Context<OpenManagerClient | null> =
  createContext<OpenManagerClient | null>(null);

export interface HubClientProps {
  /** Such as a replay's; null to go back to the live one. */
  readonly client: OpenManagerClient | null;
  readonly children?: ReactNode;
}

/** Gives every hook below another client. Whoever made the client connects and closes it. */
export function HubClient({ client, children }: HubClientProps): JSX.Element {
  return createElement(ClientContext, { value: client }, children);
}

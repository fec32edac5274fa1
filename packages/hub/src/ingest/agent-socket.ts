import { errors, ProtocolError, type AgentDown, type ErrorCode } from '@openmanager/protocol';
import { WebSocket } from 'ws';

const TOO_LARGE_BY_WS = 1009;

/** A WebSocket that sends the reason from the protocol's error registry before it closes. */
export class AgentSocket extends WebSocket {
  tell(message: AgentDown): void {
    if (this.readyState === WebSocket.OPEN) this.send(JSON.stringify(message));
  }

  /** Sends the error and closes with its code. Safe to call more than once. */
  closeFor(code: ErrorCode, detail?: string): void {
    if (this.readyState !== WebSocket.OPEN) return;
    const body = new ProtocolError(code, detail).toBody();
    this.tell({ type: 'error', code, message: body.message, action: body.action });
    const entry: { readonly close?: number } = errors[code];
    super.close(entry.close ?? errors.internal.close, code);
  }

  /** ws itself closes with 1009 when a message is past the bound; ours says what to do about it. */
  override close(code?: number, data?: string | Buffer): void {
    if (code === TOO_LARGE_BY_WS) this.closeFor('message-too-large');
    else super.close(code, data);
  }
}

export * from './service.ts';
export * from './subject.ts';
export * from './update.ts';
export * from './live.ts';
export * from './tick.ts';
export * from './session.ts';
export * from './store.ts';
export * from './replay.ts';

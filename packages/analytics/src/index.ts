export * from './detect/index.ts';
export * from './forecast/index.ts';
export * from './host/index.ts';

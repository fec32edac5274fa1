export * from './detect/index.ts';
export * from './forecast/index.ts';

export { codesOf } from './display.ts';
export { priorityOf } from './priority.ts';
export { createLiveStream, liveStreamDefaults, type LiveStream } from './live-stream.ts';

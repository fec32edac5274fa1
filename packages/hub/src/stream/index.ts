export { createLiveStream, liveStreamDefaults, type LiveStream, type LiveStreamOptions, type StreamFigures } from './live-stream.ts';

export { createLiveStream, type LiveStream } from './live-stream.ts';

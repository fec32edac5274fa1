/** Thrown for codes that no writer makes; callers know the chunk by then. */
export class DamagedCode extends Error {}

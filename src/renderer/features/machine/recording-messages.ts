/** What the window and the worker that makes an animation say to each other. */
export type ToRecorder = { type: 'begin'; width: number; height: number } | { type: 'frame'; pixels: ArrayBuffer; at: number } | { type: 'end'; at: number }
export type FromRecorder = { type: 'written'; bytes: number } | { type: 'gif'; bytes: Uint8Array<ArrayBuffer> }

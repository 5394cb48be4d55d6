/** Drives of the computer, and what may be written to them. */
export { type DriveList, listDrives } from './drives/list'
export { type FormatInput, type FormatLayoutPart, type FormatPlan, planFormat } from './format/plan'
export type { FormatPiece } from './format/sparse-medium'
export { judgeDrive, type PolicyContext, sizeText } from './policy'
export { WriteFailed, writeInProcess, type WriteDone, type WriterOptions } from './writer/client'
export { CONDITIONS, type WriteTask } from './writer/protocol'
export { packingOf, type Packing, saveImage, type SaveJob, type SavePhase, type SaveResult } from './save-image'
export { type ImageFacts, imageFacts, openImage, type OpenImage } from './writer/source'

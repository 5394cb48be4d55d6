/** Drives of the computer, and what may be written to them. */
export { type DriveList, listDrives } from './drives/list'
export { type FormatInput, type FormatLayoutPart, type FormatPlan, planFormat } from './format/plan'
export type { FormatPiece } from './format/sparse-medium'
export { judgeDrive, type PolicyContext, sizeText } from './policy'
export { writeInProcess, type WriteDone, type WriterOptions } from './writer/client'
export { CONDITIONS, type FlashPhase } from './writer/protocol'
export { openImage, type OpenImage } from './writer/source'

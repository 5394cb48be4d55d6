/** What a CD-ROM drive answers to packet commands that ask about it and its medium (SCSI Multi-Media Commands 3, INCITS 360; SPC-2). */

const MODEL = 'BOOTLAB CD-ROM          1.0 '
const TRACK_1 = 1
const LEAD_OUT = 0xaa
/** Data track, copying not permitted; ADR 1: position. */
const DATA_TRACK = 0x14
const FRAMES_PER_SECOND = 75
/** The first two seconds of a disc come before block 0. */
const LEAD_IN_FRAMES = 150
const PROFILE = { cd: 0x0008, dvd: 0x0010 } as const
/** More than a CD of 99 minutes holds: it is a DVD. */
const MOST_CD_SECTORS = 99 * 60 * FRAMES_PER_SECOND

const big16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff]
const big32 = (value: number): number[] => [...big16(value >>> 16), ...big16(value)]

export const inquiry = (): Uint8Array => Uint8Array.from([0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0, ...Buffer.from(MODEL, 'latin1')])

export const senseData = (key: number, code: number, qualifier: number): Uint8Array => Uint8Array.from([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, code, qualifier, 0, 0, 0, 0])

export const capacity = (sectors: number, sectorBytes: number): Uint8Array => Uint8Array.from([...big32(sectors - 1), ...big32(sectorBytes)])

/** A block's address as four bytes: the number itself, or minute, second, frame. */
function address(lba: number, msf: boolean): number[] {
  if (!msf) return big32(lba)
  const frames = lba + LEAD_IN_FRAMES
  return [0, Math.floor(frames / (60 * FRAMES_PER_SECOND)) & 0xff, Math.floor(frames / FRAMES_PER_SECOND) % 60, frames % FRAMES_PER_SECOND]
}

const withLength = (body: readonly number[]): Uint8Array => Uint8Array.from([...big16(body.length), ...body])

/** READ TOC/PMA/ATIP, formats 0 (tracks), 1 (sessions), 2 (everything); undefined: there is no such format or track. */
export function tableOfContents(format: number, msf: boolean, first: number, sectors: number): Uint8Array | undefined {
  if (format === 1) return withLength([1, 1, 0, DATA_TRACK, TRACK_1, 0, ...address(0, msf)])
  if (format === 2) {
    const entry = (point: number, position: readonly number[]): number[] => [1, DATA_TRACK, 0, point, 0, 0, 0, ...position]
    return withLength([1, 1, ...entry(0xa0, [0, TRACK_1, 0, 0]), ...entry(0xa1, [0, TRACK_1, 0, 0]), ...entry(0xa2, address(sectors, true)), ...entry(TRACK_1, address(0, true))])
  }
  if (format !== 0 || (first > TRACK_1 && first !== LEAD_OUT)) return undefined
  const track = first <= TRACK_1 ? [0, DATA_TRACK, TRACK_1, 0, ...address(0, msf)] : []
  return withLength([TRACK_1, TRACK_1, ...track, 0, DATA_TRACK, LEAD_OUT, 0, ...address(sectors, msf)])
}

/** @param requested 0: all from `first` on, 1: those that are current, 2: only `first` */
export function configuration(requested: number, first: number, sectors: number | undefined): Uint8Array {
  const current = sectors === undefined ? 0 : sectors > MOST_CD_SECTORS ? PROFILE.dvd : PROFILE.cd
  const profile = (number: number): number[] => [...big16(number), number === current ? 1 : 0, 0]
  const features: readonly { number: number; bytes: number[] }[] = [
    { number: 0x0000, bytes: [0, 0, 0x03, 8, ...profile(PROFILE.dvd), ...profile(PROFILE.cd)] },
    // Core: ATAPI. Removable medium: a tray that can be locked.
    { number: 0x0001, bytes: [0, 1, 0x0b, 8, ...big32(2), 1, 0, 0, 0] },
    { number: 0x0003, bytes: [0, 3, 0x03, 4, 0x29, 0, 0, 0] },
    // Random readable: blocks of 2048 bytes, one at a time.
    { number: 0x0010, bytes: [0, 0x10, current === 0 ? 0 : 1, 8, ...big32(2048), 0, 1, 0, 0] },
  ]
  const asked = features.filter(({ number, bytes }) => (requested === 2 ? number === first : number >= first && (requested === 0 || ((bytes[2] ?? 0) & 1) === 1)))
  const body = [0, 0, ...big16(current), ...asked.flatMap(({ bytes }) => bytes)]
  return Uint8Array.from([...big32(body.length), ...body])
}

export const discInformation = (): Uint8Array => {
  const bytes = new Uint8Array(34)
  // Finalized, one complete session, one track; no lead-in or lead-out can be added.
  bytes.set([0, 32, 0x0e, 1, 1, 1, 1, 0x20])
  bytes.fill(0xff, 16, 24)
  return bytes
}

/** Error recovery, and what the drive can do: CD-R and CD-RW are read, the tray opens, 706 KB/s, no audio. */
const MODE_PAGES: Readonly<Record<number, readonly number[]>> = {
  0x01: [0x01, 6, 0, 5, 0, 0, 0, 0],
  0x2a: [0x2a, 18, 0x03, 0, 0x70, 0, 0x2d, 0, ...big16(706), ...big16(2), ...big16(512), ...big16(706), 0, 0, 0, 0],
}
const ALL_PAGES = 0x3f

/** MODE SENSE (10); undefined: there is no such page. */
export function modeSense(page: number): Uint8Array | undefined {
  const pages = page === ALL_PAGES ? Object.values(MODE_PAGES).flat() : MODE_PAGES[page]
  return pages && Uint8Array.from([...big16(6 + pages.length), 0x70, 0, 0, 0, 0, 0, ...pages])
}

/** GET EVENT STATUS NOTIFICATION: no event; a medium is there, or not. @param classes a bit for every class that is asked for */
export function eventStatus(classes: number, present: boolean): Uint8Array {
  const supported = 1 << 4
  if (!(classes & supported)) return Uint8Array.from([0, 2, 0x80, supported])
  return Uint8Array.from([0, 6, 4, supported, 0, present ? 0x02 : 0x01, 0, 0])
}

/** Idle, no changer. */
export const mechanismStatus = (): Uint8Array => Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 0])

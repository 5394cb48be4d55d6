/** Packing, by Node's own zlib. */
import { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { LabError } from '../../../../shared/failure'

/** A stream from bytes to packed bytes. */
export type Packer = () => Transform

const CHUNK_BYTES = 1 << 18

export const packGzip: Packer = () => zlib.createGzip({ chunkSize: CHUNK_BYTES })

/** ZSTD_c_checksumFlag of zstd.h: zstd(1) sets it, the library by itself doesn't. */
const CHECKSUM_FLAG = 201

/** @throws LabError on a Node without zstd */
export const packZstd: Packer = () => {
  // Node 20, the oldest that will do for the rest, has no such function.
  const create: unknown = Reflect.get(zlib, 'createZstdCompress')
  if (typeof create !== 'function')
    throw new LabError({ code: 'unsupported', what: `Node ${process.versions.node} cannot pack zstd.`, why: 'Its zlib has it from 22.15 on.', next: 'Save the image as .gz, or run Bootlab with a newer Node.' })
  const packer: unknown = create({ chunkSize: CHUNK_BYTES, params: { [CHECKSUM_FLAG]: 1 } })
  if (packer instanceof Transform) return packer
  throw new TypeError('zlib gave something other than a stream')
}

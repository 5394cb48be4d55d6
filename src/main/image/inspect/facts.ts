/** Facts of a region, as the image explorer tells them. */
import { PIECE_FACTS, type Piece, type PieceFact } from '../../../shared/image-explorer'

/** Those that are known, in the order of the contract's table. */
export function factList(facts: Partial<Record<PieceFact, string | number | boolean | undefined>>): Piece['facts'] {
  return PIECE_FACTS.flatMap((name) => (facts[name] === undefined ? [] : [{ name, value: String(facts[name]) }]))
}

/** What an inspection calls the fields of volumes and boot code. */
const FIELDS: Readonly<Record<string, PieceFact>> = {
  'serial number': 'serial',
  'bytes per cluster': 'cluster-bytes',
  clusters: 'clusters',
  tables: 'fat-count',
  'hidden sectors': 'hidden-sectors',
  'sectors of 2048 bytes': 'cd-sectors',
  'bytes per block': 'block-bytes',
  names: 'name-kind',
  'identity of the image': 'identity',
  'stage 2 in sector': 'stage2-sector',
  'boot volume at sector': 'volume-sector',
}

export function fieldFacts(fields: readonly { name: string; value: string }[]): Piece['facts'] {
  return fields.flatMap(({ name, value }) => {
    const fact = FIELDS[name]
    return fact === undefined ? [] : [{ name: fact, value }]
  })
}

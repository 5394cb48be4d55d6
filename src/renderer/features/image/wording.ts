/** Pieces, offsets and sizes in words. */
import type { Piece } from '../../../shared/image-explorer'
import type { Strings } from '../../strings'

type Texts = Strings['image']

/** `Kernel /boot/kernel.elf`, `Partition 1`. */
export function pieceTitle(text: Texts, { role, name }: Pick<Piece, 'role' | 'name'>): string {
  const { title } = text.roles[role]
  return name === '' ? title : `${title} ${ownName(text, name)}`
}

/** Roles whose names are numbers and the like, which say nothing alone. */
const NUMBERED: ReadonlySet<Piece['role']> = new Set<Piece['role']>(['partition', 'fat-table', 'gpt-header', 'gpt-entries', 'segment'])

/** As short as it can be told from its neighbours. */
export function pieceLabel(text: Texts, piece: Pick<Piece, 'role' | 'name'>): string {
  return piece.name === '' || NUMBERED.has(piece.role) ? pieceTitle(text, piece) : piece.name
}

const isWhich = (text: Texts, name: string): name is keyof Texts['which'] => Object.hasOwn(text.which, name)
const ownName = (text: Texts, name: string): string => (isWhich(text, name) ? text.which[name] : name)

export const hexOf = (value: number): string => `0x${value.toString(16)}`

/** Of a fact, as it is told: what is yes or no in words. */
export function factValue(text: Texts, value: string): string {
  return value === 'true' ? text.yes : value === 'false' ? text.no : value
}

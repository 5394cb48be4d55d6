/**
 * Code page 437 as Unicode, for the text mirror of the screen.
 * Source: Unicode Consortium, MAPPINGS/VENDORS/MICSFT/PC/CP437.TXT; 0x01–0x1f and 0x7f as the graphics of the PC's font.
 */
const LOW = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼'
const HIGH =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

const ASCII = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join('')
const TABLE = [...LOW, ...ASCII, '⌂', ...HIGH]

/** The character that byte 0–255 shows. NUL and the no-break space show as a blank. */
export function codePageCharacter(byte: number): string {
  const character = TABLE[byte & 0xff] ?? ' '
  return character === '\u00a0' ? ' ' : character
}

/**
 * Code page 437 as the PC's character generator draws it, as Unicode: all 256 codes, control codes with their pictures.
 * Source: Unicode Consortium, MAPPINGS/VENDORS/MICSFT/PC/CP437.TXT; 0x01–0x1f and 0x7f as the graphics of the PC's font.
 */
export const CODE_PAGE_437 =
  '\u0000☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼' +
  ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~⌂' +
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

/** The character that byte 0–255 shows. 0 and 255 look like blanks and read as spaces. */
export function codePageCharacter(byte: number): string {
  const code = byte & 0xff
  return code === 0 || code === 0xff ? ' ' : (CODE_PAGE_437[code] ?? ' ')
}

/**
 * The text of `--keys`: what is typed into the guest. `\n` is Enter, `\t` Tab, `\b` Backspace, `\e` Escape, `\\` a backslash;
 * the rest is typed as on a US keyboard.
 */
import { LabError } from '../shared/failure'

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', e: '\u001b', '\\': '\\' }

export const KEYS_HELP = 'type this into the guest: \\n Enter, \\t Tab, \\b Backspace, \\e Escape, \\\\ backslash'

/** Whether a US keyboard has a key for it. */
export const isTypeable = (character: string): boolean => (character >= ' ' && character <= '~') || Object.values(escapes).includes(character)

/** @throws LabError for an unknown escape or a character that a US keyboard does not have */
export function parseKeys(text: string): string {
  const typed = text.replace(/\\([^]?)/g, (whole, letter: string) => {
    const character = escapes[letter]
    if (character === undefined) throw wrong(`${JSON.stringify(whole)} in --keys means nothing.`, 'Write \\n, \\t, \\b, \\e or \\\\.')
    return character
  })
  const foreign = [...typed].find((character) => !isTypeable(character))
  if (foreign !== undefined) throw wrong(`A US keyboard has no key for ${JSON.stringify(foreign)}.`, 'Use printable ASCII characters in --keys.')
  return typed
}

function wrong(what: string, next: string): LabError {
  return new LabError({ code: 'usage', what, next })
}

/** Which language a file is highlighted as, by the end of its name. */
import { GAS_LANGUAGE } from './gas'

const byEnding: readonly (readonly [ending: string, language: string])[] = [
  ['.c', 'c'],
  ['.h', 'c'],
  ['.S', GAS_LANGUAGE],
  ['.s', GAS_LANGUAGE],
  ['.asm', GAS_LANGUAGE],
  ['.inc', GAS_LANGUAGE],
  ['.rs', 'rust'],
  ['.json', 'json'],
  ['.toml', 'ini'],
  // Linker scripts share C's comments, numbers and braces.
  ['.ld', 'c'],
  ['.lds', 'c'],
]

export function languageOf(path: string): string {
  return byEnding.find(([ending]) => path.endsWith(ending))?.[1] ?? 'plaintext'
}

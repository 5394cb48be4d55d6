/** The languages of the lab's texts, as BCP 47 names them. */
export const LANGUAGES = ['en', 'zh-CN'] as const
export type Language = (typeof LANGUAGES)[number]

/** The language for a system that prefers these, the first most: Chinese for any Chinese, else English. */
export function languageFor(preferred: readonly string[]): Language {
  return /^zh\b/i.test(preferred[0] ?? '') ? 'zh-CN' : 'en'
}

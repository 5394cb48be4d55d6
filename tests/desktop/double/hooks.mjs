/** Module hook: `electron` means the double. Everything else loads as Node loads it. */
const double = new URL('./electron.mjs', import.meta.url).href

export async function resolve(specifier, context, next) {
  return specifier === 'electron' ? { url: double, shortCircuit: true } : next(specifier, context)
}

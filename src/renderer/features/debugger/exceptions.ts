/** The processor's exceptions by their short names (Intel SDM vol. 3A, table 7-1). */
const NAMES: Readonly<Record<number, string>> = {
  0: '#DE', 1: '#DB', 2: 'NMI', 3: '#BP', 4: '#OF', 5: '#BR', 6: '#UD', 7: '#NM', 8: '#DF', 10: '#TS', 11: '#NP', 12: '#SS', 13: '#GP', 14: '#PF', 16: '#MF', 17: '#AC', 18: '#MC', 19: '#XM', 20: '#VE', 21: '#CP',
}

export const exceptionName = (vector: number): string | undefined => NAMES[vector]

/** @param name with or without `#`, in any case */
export function exceptionVector(name: string): number | undefined {
  const wanted = name.toUpperCase().replace(/^#/, '')
  const found = Object.entries(NAMES).find(([, known]) => known.replace('#', '') === wanted)
  return found && Number(found[0])
}

/** Arguments that write or load files of their own choosing, or set what the build sets itself. */
const REFUSED: Readonly<Record<'compiler' | 'linker', readonly { pattern: RegExp; why: string }[]>> = {
  linker: [
    { pattern: /^(-o.*|--output(=.*)?)$/, why: 'the build decides where the kernel is written' },
    { pattern: /^--?(Map|reproduce|dependency-file|print-archive-stats|why-extract|cref-file|time-trace|lto-obj-path|thinlto-.*|save-temps)(=.*)?$/, why: 'it makes the linker write files outside the build' },
    { pattern: /^--?(load-pass-plugins?|plugin)(=.*)?$/, why: 'it loads a program into the linker' },
    { pattern: /^@/, why: 'arguments must stand here, not in another file' },
  ],
  compiler: [
    { pattern: /^(-o.*|--output(=.*)?|-[cSE])$/, why: 'the build decides what the compiler makes, and where' },
    { pattern: /^(-M(?!no-).*|--?dependencies|-Wp,.*-M.*|--serialize-diagnostics|-save-temps.*|-ftime-trace.*|-gsplit-dwarf.*|-fcrash-diagnostics.*|-dependency-file)$/, why: 'it makes the compiler write files of its own' },
    { pattern: /^(-f(pass-)?plugin.*|-Xclang=?|-load)$/, why: 'it reaches past the compiler that the build knows' },
    { pattern: /^@/, why: 'arguments must stand here, not in another file' },
  ],
}

/** Why an argument may not stand in a manifest or target specification, or undefined when it may. */
export function refusedArgument(tool: 'compiler' | 'linker', argument: string): string | undefined {
  return REFUSED[tool].find(({ pattern }) => pattern.test(argument))?.why
}

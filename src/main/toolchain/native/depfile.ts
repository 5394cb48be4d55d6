/**
 * The inputs that a dependency file names: `object: source header …`, as compilers write for make (clang -MMD -MF, nasm -MD,
 * ld.lld --dependency-file). Lines go on after a backslash; a space in a name is written `\ `, a dollar sign `$$`, `#` as `\#`.
 * A backslash before anything else is one of a Windows path. The target itself is left out, and so are rules without inputs.
 */
export function parseDepfile(text: string): string[] {
  const inputs: string[] = []
  for (const rule of text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    // The colon of a drive letter is followed by a slash, that of a rule by a blank or the end.
    const colon = /:(?=\s|$)/.exec(rule)
    if (colon === null) continue
    inputs.push(...names(rule.slice(colon.index + 1)))
  }
  return [...new Set(inputs)]
}

const NAME = /(?:\\[ #]|\$\$|[^\s])+/g

function names(text: string): string[] {
  return (text.match(NAME) ?? []).map((name) => name.replaceAll(/\\([ #])|\$\$/g, (_, escaped: string | undefined) => escaped ?? '$'))
}

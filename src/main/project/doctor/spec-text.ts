/** The text of a target specification, mistakes and all, and edits that leave the rest of it as the person wrote it. */
import { parseTree, type Node, type ParseError } from 'jsonc-parser'

/** Replaces `length` UTF-16 units at `offset` by `text`. */
export interface Edit {
  readonly offset: number
  readonly length: number
  readonly text: string
}

/** A key with its value, and where both stand. */
export interface Property {
  readonly name: string
  readonly value: unknown
  readonly node: Node
  readonly keyNode: Node
  readonly valueNode: Node
}

export class SpecText {
  readonly text: string
  /** What keeps even a forgiving reader from understanding the text. */
  readonly errors: readonly ParseError[]
  /** All properties of the outermost object, duplicates included, in their order. */
  readonly properties: readonly Property[]
  readonly isObject: boolean
  private readonly root: Node | undefined

  constructor(text: string) {
    this.text = text
    const errors: ParseError[] = []
    // A byte-order mark is found by a rule of its own; it shall not hide the rest.
    this.root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true, disallowComments: false })
    this.errors = errors
    this.isObject = this.root?.type === 'object'
    this.properties = (this.isObject ? (this.root?.children ?? []) : []).flatMap((node) => {
      const [keyNode, valueNode] = node.children ?? []
      if (typeof keyNode?.value !== 'string' || valueNode === undefined) return []
      return [{ name: keyNode.value, value: valueOf(valueNode), node, keyNode, valueNode }]
    })
  }

  get(name: string): Property | undefined {
    // The last of several counts, as rustc once read it.
    return this.properties.findLast((property) => property.name === name)
  }

  /** The text of a key, when it has one. */
  string(name: string): string | undefined {
    const value = this.get(name)?.value
    return typeof value === 'string' ? value : undefined
  }

  /** Where a finding about something that is missing stands: the opening brace. */
  get start(): { offset: number; length: number } {
    return { offset: this.root?.offset ?? 0, length: 1 }
  }

  replaceValue(property: Property, value: unknown): Edit {
    return { offset: property.valueNode.offset, length: property.valueNode.length, text: this.format(value) }
  }

  rename(property: Property, name: string): Edit {
    return { offset: property.keyNode.offset, length: property.keyNode.length, text: JSON.stringify(name) }
  }

  /** Takes out a property, its comma, and its line when nothing else stands there. */
  remove(property: Property): Edit {
    const { text } = this
    const { offset, length } = property.node
    const comma = /^\s*,/.exec(text.slice(offset + length))?.[0].length
    let start = offset
    let end = offset + length + (comma ?? 0)
    const before = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0
    const atLineStart = start - before === 0 || text[start - before - 1] === '\n'
    if (comma !== undefined) {
      const rest = /^[ \t]*(\r?\n)?/.exec(text.slice(end))
      if (atLineStart && rest?.[1] !== undefined) return { offset: start - before, length: end + rest[0].length - start + before, text: '' }
      end += rest?.[1] === undefined ? (rest?.[0].length ?? 0) : 0
    } else {
      // The last one: the comma before it goes too, and the white space between.
      start -= /,?\s*$/.exec(text.slice(0, start))?.[0].length ?? 0
    }
    return { offset: start, length: end - start, text: '' }
  }

  /** Adds a key after the first of `anchors` that is there, else at the end, in the manner of the lines around it. */
  insert(name: string, value: unknown, anchors: readonly string[] = []): Edit {
    const { text } = this
    const anchor = anchors.map((key) => this.get(key)).find((found) => found !== undefined) ?? this.properties.at(-1)
    const entry = `${JSON.stringify(name)}: ${this.format(value)}`
    if (anchor === undefined) {
      const { offset } = this.start
      return { offset: offset + 1, length: 0, text: `${this.eol}  ${entry}${/^\s*}/.test(text.slice(offset + 1)) ? this.eol : ''}` }
    }
    const separator = this.separatorBefore(anchor)
    const end = anchor.node.offset + anchor.node.length
    const comma = /^\s*,/.exec(text.slice(end))?.[0].length
    // After the comma when there is one: what follows, a trailing comma included, stays as it is.
    return comma === undefined ? { offset: end, length: 0, text: `,${separator}${entry}` } : { offset: end + comma, length: 0, text: `${separator}${entry},` }
  }

  /** Line end of the file. */
  get eol(): string {
    return this.text.includes('\r\n') ? '\r\n' : '\n'
  }

  /** What stands between two entries: a line break with indentation, or a blank in a file of one line. */
  private separatorBefore(property: Property): string {
    const line = /(\r?\n[ \t]*)$/.exec(this.text.slice(0, property.node.offset))
    if (line?.[1] !== undefined) return line[1]
    const first = this.properties[0]
    const indent = first && /(\r?\n[ \t]*)$/.exec(this.text.slice(0, first.node.offset))
    return indent?.[1] ?? ' '
  }

  /** Lists and objects of one line, with blanks as people write them. */
  private format(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map((entry) => this.format(entry)).join(', ')}]`
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${this.format(entry)}`)
      return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
    }
    return JSON.stringify(value)
  }
}

function valueOf(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(valueOf)
  if (node.type !== 'object') return node.value
  return Object.fromEntries(
    (node.children ?? []).flatMap((entry) => {
      const [key, value] = entry.children ?? []
      return typeof key?.value === 'string' && value ? [[key.value, valueOf(value)] as const] : []
    }),
  )
}

/** A text after edits that do not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits.toSorted((a, b) => b.offset - a.offset).reduce((result, { offset, length, text: inserted }) => result.slice(0, offset) + inserted + result.slice(offset + length), text)
}

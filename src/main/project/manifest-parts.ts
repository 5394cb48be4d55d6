/** What the kinds of manifest have in common: paths, settings of compilers, sources. */
import { z } from 'zod'
import { pathFault } from './paths'
import { refusedArgument } from './refused-args'

export const projectPath = z.string().superRefine((path, context) => {
  const fault = pathFault(path)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `${fault}.` })
})

export const targetPath = projectPath
  .refine((path) => path.endsWith('.json'), 'a target specification is a .json file.')
  .describe("Path of the target specification: Rust's target JSON. It decides triple, CPU features, red zone, code model and linking.")

/** Arguments of a tool, refused where they would write or load files of their own choosing. */
const argumentsOf = (tool: 'compiler' | 'linker') =>
  z
    .array(
      z
        .string()
        .min(1)
        .max(4096)
        .superRefine((argument, context) => {
          const why = refusedArgument(tool, argument)
          if (why !== undefined) context.addIssue({ code: 'custom', message: `the ${tool} argument ${JSON.stringify(argument)} is refused: ${why}. Take it out.` })
        }),
    )
    .max(256)

const settings = {
  includeDirs: z.array(projectPath).max(64).describe('Folders searched by #include and %include, after the folder of the including file.'),
  defines: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a macro name has letters, digits and "_".'), z.union([z.string().max(4096), z.number()]))
    .describe('Preprocessor macros: name to value.'),
  optimize: z.enum(['0', '1', '2', '3', 's', 'z']).describe("The compiler's -O level."),
  warnings: z.enum(['none', 'default', 'all', 'extra']).describe('none: -w, all: -Wall, extra: -Wall -Wextra.'),
  standard: z
    .enum(['c89', 'gnu89', 'c99', 'gnu99', 'c11', 'gnu11', 'c17', 'gnu17', 'c23', 'gnu23'])
    .optional()
    .describe("The C standard (-std); the compiler's own, gnu17, when absent."),
  flags: argumentsOf('compiler').describe('Further arguments of clang for every C and assembly file (of nasm, for an entry of "sources" that nasm assembles), after all others.'),
}

/** Settings of one entry of `sources`; what is absent is as for the whole project. */
const entrySettings = {
  includeDirs: settings.includeDirs.optional(),
  defines: settings.defines.optional(),
  optimize: settings.optimize.optional(),
  warnings: settings.warnings.optional(),
  standard: settings.standard,
  flags: settings.flags.optional(),
  assembler: z.enum(['gnu', 'nasm']).optional().describe("Whose syntax an assembly file has: nasm's in .asm files, GNU's in .S and .s files unless this says otherwise."),
}

const sourcePath = projectPath
  .refine((path) => /(\.(c|S|s|asm)|\*)$/.test(path), 'a source is a .c, .S, .s or .asm file.')
  .describe('A source, or a pattern for several: * stands for any part of a name, ** for any folders.')

const sourceEntry = z.union([sourcePath, z.strictObject({ path: sourcePath, ...entrySettings })], 'a source is a path, or an object with "path" and settings for it.')
export type SourceEntry = z.infer<typeof sourceEntry>

/** Keys of whatever is compiled from C and assembly. */
export const nativeKeys = {
  sources: z
    .array(sourceEntry)
    .min(1)
    .max(512)
    .describe('C (.c) and assembly (.S with, .s without C preprocessor; .asm for nasm) files, linked in this order. A file that several entries name is built once, with the settings of all of them.'),
  includeDirs: settings.includeDirs.default([]),
  defines: settings.defines.default({}),
  optimize: settings.optimize.default('2'),
  warnings: settings.warnings.default('all'),
  standard: settings.standard,
  flags: settings.flags.default([]),
  linkerScript: projectPath.optional().describe('A linker script for ld.lld.'),
  linkFlags: argumentsOf('linker').default([]).describe('Further arguments of ld.lld, after all others.'),
  runtime: z
    .boolean()
    .default(true)
    .describe("Link what compilers call by themselves (memcpy, memset, 64-bit division …) from Bootlab's runtime when the project does not define it."),
}

const native = z.object(nativeKeys)
/** What decides how C and assembly are compiled and linked. */
export type NativeSettings = z.infer<typeof native>

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,8}$/, 'an address is hexadecimal, such as "0x7c00".')
  .transform(Number)

const { sources, ...settingsOfParts } = nativeKeys

/** A piece of a raw disk image: built from sources, or a file as it is. */
export const diskPart = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, 'the name of a part has letters, digits and "_".')
      .describe('Names the part; for a part "stage2", every part sees STAGE2_LBA, and the parts before it in the list STAGE2_SECTORS and STAGE2_BYTES.'),
    sector: z.number().int().min(0).max(0xffffff).describe('The sector of 512 bytes that the part begins at.'),
    file: projectPath.optional().describe('A file that is copied as it is, instead of sources.'),
    sources: sources.optional(),
    target: targetPath.optional(),
    address: address.optional().describe('Where the code is linked, unless a linker script says so; 0x7c00 by default.'),
    format: z.enum(['flat', 'elf']).default('flat').describe('Whether the part holds bare code and data, or a whole ELF file for a loader that reads it.'),
    ...settingsOfParts,
  })
  .superRefine((part, context) => {
    if ((part.file === undefined) === (part.sources === undefined)) context.addIssue({ code: 'custom', message: 'a part has either "sources" or a "file".' })
  })
export type DiskPart = z.infer<typeof diskPart>

/** A source's path, whichever way its entry is written. */
export function sourcePathOf(entry: SourceEntry): string {
  return typeof entry === 'string' ? entry : entry.path
}

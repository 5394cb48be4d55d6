/** The doctor of a whole project: its target specifications, and what lies around them. */
import type { Diagnosis, Finding, Repair } from '../../../shared/diagnosis'
import { cargoExamination, editionOf, FILE_FINDINGS, profilesAbort, toolchainExamination } from './cargo-files'
import { compilerName, type CompilerFacts } from './compiler'
import { unifiedDiff } from './diff'
import { byWeight, findingsOf, fixAll } from './examine'
import type { Examination } from './finding'
import { rustExamination } from './rust-source'
import { specExamination } from './spec-doctor'

/** What is looked at. */
export interface Patient {
  /** The texts of the project by path, relative with forward slashes: specifications, Rust sources, cargo's files. */
  readonly files: ReadonlyMap<string, string>
  /** Which of them are target specifications. */
  readonly specs: readonly string[]
  readonly language: 'rust' | 'c'
  readonly compiler: CompilerFacts
}

/** A fix in one file may leave something to do in another; two rounds are what the rules can need. */
const MAX_ROUNDS = 4

/** Findings, worst first, and the files after all fixes. Never throws, whatever the files hold. */
export function diagnose(patient: Patient): Diagnosis {
  const findings: Finding[] = [...patient.files].flatMap(([path, text]) => {
    const examination = examinationOf(patient, path)
    return examination ? findingsOf(examination, text, path) : []
  })
  for (const { path, id, what, why, next } of patient.language === 'rust' ? FILE_FINDINGS : []) {
    if (patient.files.has(path)) findings.push({ severity: 'info', source: 'cargo', code: id, message: what, why, next, file: path, line: 1, column: 1 })
  }
  const { language, compiler } = patient
  return { compiler: language === 'rust' ? compilerName(compiler) : 'clang', files: [...patient.files.keys()], findings: findings.toSorted(byWeight), repairs: repairsOf(patient) }
}

function repairsOf(patient: Patient): Repair[] {
  let files = patient.files
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = files
    files = new Map([...before].map(([path, text]) => {
      const examination = examinationOf({ ...patient, files: before }, path)
      return [path, examination ? fixAll(examination, text) : text] as const
    }))
    if ([...files].every(([path, text]) => before.get(path) === text)) break
  }
  return [...files].flatMap(([path, text]) => {
    const diff = unifiedDiff(path, patient.files.get(path) ?? '', text)
    return diff === '' ? [] : [{ path, text, diff }]
  })
}

function examinationOf({ files, specs, language, compiler }: Patient, path: string): Examination | undefined {
  if (specs.includes(path)) return specExamination({ compiler, language, profilesAbort: [...files].some(([file, text]) => isManifest(file) && profilesAbort(text)) })
  if (language === 'c') return undefined
  if (isManifest(path)) return cargoExamination(sourcesOf(files, path).map(([, text]) => text).join('\n'))
  if (path === 'rust-toolchain' || path === 'rust-toolchain.toml') return toolchainExamination
  if (!path.endsWith('.rs')) return undefined
  const home = packageOf(files, path)
  const elsewhere = sourcesOf(files, home).filter(([file]) => file !== path).map(([, text]) => text).join('\n')
  return rustExamination({ compiler, edition: editionOf(files.get(home) ?? '') ?? editionOfWorkspace(files), elsewhere })
}

const isManifest = (path: string): boolean => path === 'Cargo.toml' || path.endsWith('/Cargo.toml')

/** The Rust sources of a package. */
const sourcesOf = (files: ReadonlyMap<string, string>, manifest: string): [string, string][] => [...files].filter(([file]) => file.endsWith('.rs') && packageOf(files, file) === manifest)

/** The nearest Cargo.toml above a file. */
function packageOf(files: ReadonlyMap<string, string>, path: string): string {
  for (let folder = path; folder.includes('/');) {
    folder = folder.slice(0, folder.lastIndexOf('/'))
    if (files.has(`${folder}/Cargo.toml`)) return `${folder}/Cargo.toml`
  }
  return 'Cargo.toml'
}

/** `[workspace.package] edition`, which packages may take over. */
function editionOfWorkspace(files: ReadonlyMap<string, string>): number {
  const found = /\[\s*workspace\.package\s*\][^[]*?^\s*edition\s*=\s*"(\d{4})"/m.exec(files.get('Cargo.toml') ?? '')
  return Number(found?.[1] ?? 2015)
}

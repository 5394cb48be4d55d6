/** `bootlab templates` and `bootlab new`. */
import { relative, resolve } from 'node:path'
import { locate } from '../main/services/locations'
import { availableTemplates, createFromTemplate } from '../main/services/projects'
import { EXIT } from './exit-codes'

export async function templates(json: boolean): Promise<number> {
  const list = await availableTemplates(locate())
  if (json) console.log(JSON.stringify(list))
  else {
    const width = Math.max(...list.map(({ id }) => id.length))
    for (const language of new Set(list.map((template) => template.language))) {
      console.log(`${language}, step by step:`)
      for (const { id, step, teaches } of list.filter((template) => template.language === language)) console.log(`  ${String(step).padStart(2)}  ${id.padEnd(width)}  ${teaches}`)
    }
    console.log('\nNext: bootlab new <template> [dir]')
  }
  return EXIT.ok
}

export async function newProject(template: string, dir: string, name: string | undefined): Promise<number> {
  const project = await createFromTemplate(locate(), template, resolve(dir), name)
  const way = relative(process.cwd(), project.directory)
  const shown = way.startsWith('..') ? project.directory : way || '.'
  console.log(`Made ${project.name} in ${project.directory}.\nNext: bootlab boot ${shellWord(shown)}`)
  return EXIT.ok
}

/** As a shell takes it for one word, to be copied. */
export function shellWord(path: string): string {
  return /^[\w./\\:@%+,=~-]+$/.test(path) ? path : `"${path.replace(/["$`]/g, '\\$&')}"`
}

/** The welcome page, and the dialogs that make, open and import projects. */

export const projects = {
  welcome: {
    templates: 'Start from a template',
    templatesHint: 'Each one is a complete kernel that boots. Change it from there, or follow a track from its first step.',
    recent: 'Recent projects',
    noRecent: 'Projects you open appear here.',
    openFolder: 'Open a folder…',
    openFolderHint: 'A project of Bootlab, or a kernel that you have: it is looked at, and imported when you agree.',
    back: 'Back to the editor',
    forget: (name: string) => `Remove ${name} from this list`,
    missing: 'folder not found',
    track: (language: string) => `${language}, step by step`,
    create: (step: number, title: string, language: string) => `Create a project from ${language}, step ${step}: ${title}`,
    noTemplates: 'No templates were found. The installation is incomplete: install Bootlab again.',
  },

  createDialog: {
    title: (template: string) => `New project: ${template}`,
    name: 'Name',
    directory: 'Folder',
    browse: 'Browse…',
    hint: 'The folder must be new or empty.',
    create: 'Create project',
    creating: 'Creating…',
  },

  openDialog: {
    title: 'Open a project',
    directory: 'Project folder',
    hint: 'As an absolute path. A folder without bootlab.json can be imported.',
    open: 'Open',
    pick: 'Choose a project folder',
    pickParent: 'Choose the folder for the new project',
  },

  importDialog: {
    title: (name: string) => `Import ${name}`,
    body: 'This folder has no bootlab.json yet. This is what it was taken for:',
    guesses: 'What was guessed, and why',
    file: (path: string) => `Will be written: ${path}`,
    import: 'Import',
    importing: 'Importing…',
  },
}

import type { editor as en } from '../en/editor'

export const editor: typeof en = {
  editor: {
    tabs: '打开的文件',
    close: (path) => `关闭 ${path}`,
    unsaved: '未保存',
    empty: '没有打开的文件。',
    emptyHint: '请在“文件”中选择，或用“转到文件”按名称打开。',
    loading: '正在加载编辑器…',
    editorLabel: (path) => `编辑器：${path}`,
    entry: '入口代码',
    target: '目标规格',
    manifest: '项目清单',
    restored: (count) => `已恢复 ${count} 个文件中未保存的文本`,
    restoredHint: '没有丢失任何内容。请保存这些文件，或者构建一次，所有文件都会保存。',
  },

  closeDialog: {
    title: (path) => `要保存 ${path} 吗？`,
    body: '此文件有尚未保存的更改。',
    save: '保存',
    discard: '放弃更改',
  },

  conflictDialog: {
    title: (path) => `${path} 在磁盘上已被更改`,
    body: '您在这里打开此文件之后，另一个程序保存了它。在您做出选择之前，两份文本都完好无损。',
    overwrite: '保留我的文本，覆盖文件',
    reload: '采用磁盘上的文件',
  },
}

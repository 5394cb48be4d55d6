import type { projects as en } from '../en/projects'

export const projects: typeof en = {
  welcome: {
    templates: '从模板开始',
    templatesHint: '每个模板都是一个能够启动的完整内核。您可以直接修改它，也可以沿着某条路线从第一步学起。',
    recent: '最近的项目',
    noRecent: '您打开过的项目会显示在这里。',
    openFolder: '打开文件夹…',
    openFolderHint: '可以是 Bootlab 项目，也可以是您已有的内核：会先分析它，经您同意后再导入。',
    back: '返回编辑器',
    forget: (name) => `从列表中移除 ${name}`,
    missing: '找不到文件夹',
    track: (language) => `${language === 'Assembly' ? '汇编' : language}：循序渐进`,
    create: (step, title, language) => `从 ${language === 'Assembly' ? '汇编' : language} 路线第 ${step} 步新建项目：${title}`,
    noTemplates: '没有找到模板。安装不完整，请重新安装 Bootlab。',
  },

  createDialog: {
    title: (template) => `新建项目：${template}`,
    name: '名称',
    directory: '文件夹',
    browse: '浏览…',
    hint: '文件夹必须尚不存在，或者为空。',
    create: '创建项目',
    creating: '正在创建…',
  },

  openDialog: {
    title: '打开项目',
    directory: '项目文件夹',
    hint: '请输入绝对路径。没有 bootlab.json 的文件夹可以导入。',
    open: '打开',
    pick: '选择项目文件夹',
    pickParent: '选择新项目所在的文件夹',
  },

  importDialog: {
    title: (name) => `导入 ${name}`,
    body: '此文件夹还没有 bootlab.json。分析结果如下：',
    guesses: '推测的内容及理由',
    file: (path) => `将写入：${path}`,
    import: '导入',
    importing: '正在导入…',
  },
}

import type { build as en } from '../en/build'

export const build: typeof en = {
  build: {
    empty: '尚未构建。',
    emptyHint: (boot, buildOnly) => `按 ${boot} 构建并启动，或按 ${buildOnly} 只构建。`,
    noProblems: '没有问题。',
    noProblemsHint: '编译器的错误以及输入时检查出的问题会列在这里。',
    running: '正在构建…',
    succeeded: (duration) => `构建完成，用时 ${duration}`,
    failed: (duration) => `构建失败，用时 ${duration}`,
    cancelled: '构建已取消',
    cached: '来自缓存',
    steps: '各步骤用时',
    goTo: (place) => `转到 ${place}`,
    copy: '复制日志',
    severity: { error: '错误', warning: '警告', info: '提示' },
    next: '下一步：',
    note: '说明：',
    live: '输入时检查',
  },

  doctor: {
    title: '工具链检查',
    checking: '正在检查…',
    status: { ok: '已找到', missing: '缺少', 'optional-missing': '可选，未安装', broken: '已损坏' },
    next: '需要做的事：',
    again: '重新检查',
  },

  fixes: {
    fix: '修复…',
    fixHint: (title) => `查看更改：${title}`,
    all: '全部修复',
    allHint: (count) => `可以一次修复 ${count} 个问题，请先查看更改。`,
    allShort: (count) => `全部修复（${count}）…`,
    allInFile: (count) => `修复此文件的全部 ${count} 个问题`,
    why: '原因：',
    doctor: '诊断',
    changesOf: (path) => `${path} 中的更改`,
    hint: '更改只在编辑器中进行，尚未保存，可以撤销。',
    apply: '应用更改',
    stale: '文本在此期间已改变',
    staleHint: '此修复所针对的位置已经变动。请重新查看列表，或重新构建。',
  },
}

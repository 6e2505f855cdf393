// Every import of a file, in whichever form it is written.

import { type Found, isNode, literalText, type Node, nameOf, walk } from './syntax.ts'

export interface Imports {
  /** Specifiers: static, for side effects, dynamic, type-only, `import('…')` types, `export … from`, `require`. */
  readonly imports: readonly Found[]
  /** What comes from another file and is exported again, with `from` or in two steps. */
  readonly reExports: readonly Found[]
  /** Imports of something that is only known at run time. */
  readonly obscure: readonly Found[]
}

export function importsOf(program: Node): Imports {
  const imports: Found[] = []
  const reExports: Found[] = []
  const obscure: Found[] = []
  const imported = new Set<string>()
  const exported: Found[] = []
  walk(program, (node, parent) => {
    const source = sourceOf(node)
    if (source !== undefined) {
      const specifier = literalText(source)
      if (specifier === undefined) obscure.push({ text: 'imports what is only known at run time', at: node.start })
      else imports.push({ text: specifier, at: source.start })
      if (node.type.startsWith('Export')) reExports.push({ text: specifier ?? '', at: node.start })
    }
    if (/^Import\w*Specifier$/.test(node.type)) imported.add(nameOf(node['local']))
    const isPlainExport = node.type === 'ExportSpecifier' && !isNode(parent?.['source'])
    if (isPlainExport) exported.push({ text: nameOf(node['local']), at: node.start })
  })
  reExports.push(...exported.filter(({ text }) => imported.has(text)))
  return { imports, reExports, obscure }
}

/** The node of what is imported, for each kind of node that imports. */
function sourceOf(node: Node): Node | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration': // without a source where the file exports its own
    case 'ImportExpression':
    case 'TSImportType':
      return isNode(node['source']) ? node['source'] : undefined
    case 'TSExternalModuleReference':
      return node['expression'] as Node
    case 'CallExpression':
      return requiredBy(node)
    default:
      return undefined
  }
}

/** The loader of CommonJS, made by createRequire; a function of another kind may have the same name. */
function requiredBy(call: Node): Node | undefined {
  const [first] = call['arguments'] as Node[]
  if (nameOf(call['callee']) !== 'require' || first === undefined) return undefined
  return literalText(first) === undefined ? undefined : first
}

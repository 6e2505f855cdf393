// Uses of the world in code that should only compute: the process, clocks, randomness, timers, the module's own place.

import { type Found, isNode, literalText, type Node, nameOf, walk } from './syntax.ts'
import { IMPURE_MEMBERS, IMPURE_NAMES } from './table.ts'

/** `process`, `Date.now`, `new Date()`, `import.meta` and the like, unless the file has declared the name itself. */
export function worldlyUses(program: Node): Found[] {
  const found: Found[] = []
  const declared = new Set<string>()
  walk(program, (node, parent, key) => {
    for (const name of declaredBy(node)) declared.add(name)
    if (node.type === 'MetaProperty' && nameOf(node['meta']) === 'import') {
      found.push({ text: 'import.meta', at: node.start })
    }
    if (node.type !== 'Identifier' || parent === undefined || isMerelyNamed(parent, key)) return
    const use = impureUse(nameOf(node), parent, key)
    if (use !== undefined) found.push({ text: use, at: node.start })
  })
  return found.filter(({ text }) => !declared.has(text))
}

/** A name after a dot or of a property is no use of the variable; one in a type is erased. */
function isMerelyNamed(parent: Node, key: string): boolean {
  if (key === 'property' || key === 'key') return parent['computed'] !== true
  if (['label', 'imported', 'exported', 'meta'].includes(key)) return true
  return (
    parent.type.startsWith('TS') &&
    !['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'].includes(parent.type)
  )
}

function impureUse(name: string, parent: Node, key: string): string | undefined {
  if (IMPURE_NAMES.has(name)) return name
  const members = IMPURE_MEMBERS.get(name)
  if (members === undefined) return undefined
  if (parent.type === 'MemberExpression' && key === 'object') {
    const property = parent['property'] as Node
    const member = parent['computed'] === true ? literalText(property) : nameOf(property)
    if (member === undefined) return `${name}[…]`
    return members.includes(member) ? `${name}.${member}` : undefined
  }
  if (parent.type === 'NewExpression' && key === 'callee') {
    return (parent['arguments'] as unknown[]).length === 0 ? `new ${name}()` : undefined // the time comes as an argument
  }
  if (parent['operator'] === 'instanceof') return undefined
  return name // a call, or the whole thing handed on under another name
}

/** The variables, parameters, functions, classes and imports that a node declares. */
function declaredBy(node: Node): string[] {
  if (/^Import\w*Specifier$/.test(node.type)) return [nameOf(node['local'])]
  if (node.type === 'VariableDeclarator') return bound(node['id'])
  if (node.type === 'CatchClause') return bound(node['param'])
  const own = /^(Function|Class)/.test(node.type) ? bound(node['id']) : []
  return Array.isArray(node['params']) ? [...own, ...node['params'].flatMap(bound)] : own
}

/** The names in a pattern. */
function bound(pattern: unknown): string[] {
  if (!isNode(pattern)) return []
  switch (pattern.type) {
    case 'Identifier':
      return [nameOf(pattern)]
    case 'AssignmentPattern':
      return bound(pattern['left'])
    case 'RestElement':
      return bound(pattern['argument'])
    case 'ArrayPattern':
      return (pattern['elements'] as unknown[]).flatMap(bound)
    case 'ObjectPattern':
      return (pattern['properties'] as Node[]).flatMap((it) => bound(it.type === 'Property' ? it['value'] : it))
    default:
      return []
  }
}

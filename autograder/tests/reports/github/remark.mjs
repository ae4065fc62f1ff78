// Reads one JSON string a line, writes one JSON line: the nodes of that Markdown, with GitHub's mentions and references
// as links, as [type, its text or address].
import { createInterface } from 'node:readline'
import remarkGfm from 'remark-gfm'
import remarkGithub from 'remark-github'
import remarkParse from 'remark-parse'
import { unified } from 'unified'

const markdown = unified().use(remarkParse).use(remarkGfm).use(remarkGithub, { repository: 'owner/course' })

function nodes(node) {
  const own = [node.type, node.url ?? node.value ?? '']
  return [own, ...(node.children ?? []).flatMap(nodes)]
}

for await (const line of createInterface({ input: process.stdin })) {
  const tree = await markdown.run(markdown.parse(JSON.parse(line)))
  process.stdout.write(JSON.stringify(nodes(tree)) + '\n')
}

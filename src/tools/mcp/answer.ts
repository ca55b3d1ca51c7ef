import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import { toJson } from '../../core/json.js'

/** A result as journals and models take it: the structured content where there is some, else its text form. */
export function outputOf(result: CallToolResult): unknown {
  return result.structuredContent === undefined ? textOf(result.content) : toJson(result.structuredContent)
}

/** All content as text. Pictures, sounds and files are named, with their size: their bytes are for no journal and no text model. */
export function textOf(content: readonly ContentBlock[] | undefined): string {
  return (content ?? []).map(blockText).join('\n')
}

function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return `[${block.type} ${block.mimeType}, ${bytesOf(block.data)} bytes]`
    case 'resource_link':
      return `[resource ${block.name} ${block.uri}${block.description ? `: ${block.description}` : ''}]`
    case 'resource': {
      const { resource } = block
      if ('text' in resource) return `[resource ${resource.uri}]\n${resource.text}`
      return `[resource ${resource.uri}, ${resource.mimeType ?? 'binary'}, ${bytesOf(resource.blob)} bytes]`
    }
    default:
      return `[${(block as { type: string }).type}]`
  }
}

/** Of base64. */
const bytesOf = (data: string): number => Buffer.byteLength(data, 'base64')

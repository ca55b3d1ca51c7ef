/** How provider packages of the AI SDK call themselves, and how the conventions call them. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  'amazon-bedrock': 'aws.bedrock',
  azure: 'azure.ai.openai',
  'azure-openai': 'azure.ai.openai',
  google: 'gcp.gemini',
  'google.vertex': 'gcp.vertex_ai',
  'google.generative-ai': 'gcp.gemini',
  mistral: 'mistral_ai',
  moonshotai: 'moonshot_ai',
  xai: 'x_ai',
}

/** `openai.chat` is `openai`; whom the conventions do not know keeps the name of its package. */
export function providerName(provider: string): string {
  const [family = provider, second = ''] = provider.split('.')
  return WELL_KNOWN[`${family}.${second}`] ?? WELL_KNOWN[family] ?? family
}

/** Host and port of a URL, by the conventions; the port of the scheme where it names none. */
export function serverOf(url: string | undefined): { serverAddress?: string; serverPort?: number } {
  if (url === undefined) return {}
  const { hostname, port, protocol } = new URL(url)
  return { serverAddress: hostname, serverPort: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) }
}

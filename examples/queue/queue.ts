/** A message as it was delivered: its receipt is good for this delivery alone. */
export interface Delivery {
  readonly id: string
  readonly receipt: string
  readonly body: string
}

/** What a consumer asks of a broker. The client of a real one has the same verbs. */
export interface Queue {
  send(body: string): Promise<void>
  /** Up to ten, or none after a second. */
  receive(): Promise<Delivery[]>
  /** It is taken care of: never again. */
  remove(delivery: Delivery): Promise<void>
  /** Again, but not before so many seconds. */
  giveBack(delivery: Delivery, seconds: number): Promise<void>
}

interface Received {
  readonly Messages?: readonly { readonly MessageId: string; readonly ReceiptHandle: string; readonly Body: string }[]
}

/** A queue of SQS by its JSON, without signatures; in production that is `@aws-sdk/client-sqs`. */
export function httpQueue(url: string): Queue {
  const ask = async <T>(verb: string, fields: object): Promise<T> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${verb}`,
        'user-agent': `desk/${process.pid}`,
      },
      body: JSON.stringify({ QueueUrl: url, ...fields }),
    })
    if (!response.ok) throw new Error(`${verb}: ${response.status}`)
    return (await response.json()) as T
  }
  return {
    send: (body) => ask('SendMessage', { MessageBody: body }),
    receive: async () => {
      const { Messages = [] } = await ask<Received>('ReceiveMessage', { MaxNumberOfMessages: 10, WaitTimeSeconds: 1 })
      return Messages.map(({ MessageId, ReceiptHandle, Body }) => ({
        id: MessageId,
        receipt: ReceiptHandle,
        body: Body,
      }))
    },
    remove: ({ receipt }) => ask('DeleteMessage', { ReceiptHandle: receipt }),
    giveBack: ({ receipt }, seconds) =>
      ask('ChangeMessageVisibility', { ReceiptHandle: receipt, VisibilityTimeout: seconds }),
  }
}

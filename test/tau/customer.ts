import type { Address, User } from './records.js'
import { type Shop, ShopRefusal } from './shop.js'

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

export function findUserIdByEmail(shop: Shop, args: { email: string }): string {
  return idOf(shop.users().find(({ email }) => same(email, args.email)))
}

export function findUserIdByNameZip(shop: Shop, args: { first_name: string; last_name: string; zip: string }): string {
  const { first_name, last_name, zip } = args
  return idOf(
    shop
      .users()
      .find(
        ({ name, address }) =>
          same(name.first_name, first_name) && same(name.last_name, last_name) && address.zip === zip,
      ),
  )
}

function idOf(user: User | undefined): string {
  if (!user) throw new ShopRefusal('User not found')
  return user.user_id
}

export function modifyUserAddress(shop: Shop, args: { user_id: string } & Address): User {
  const { user_id, ...address } = args
  const user = shop.editUser(user_id)
  user.address = address
  return user
}

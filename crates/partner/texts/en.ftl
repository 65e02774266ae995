### What an offer says to the cashier and the guest. Four files with the same messages (a test compares them).

card = Customer card
voucher = Voucher
unknown-code = Code
discount = Discount

## What the balance types are called, by the documents' names

singlePurposePrepaidVoucher = Single-purpose voucher
multiPurposePrepaidVoucher = Gift voucher
collectablePoints = Points
prepaidCredit = Credit

## Messages of an offer. Of a count of points $number chooses the form, $count is how it is written

partly-reserved = {$title}: {$amount} is reserved by another check
partly-reserved-points = { $number ->
    [one] {$title}: {$count} point is reserved by another check
   *[other] {$title}: {$count} points are reserved by another check
}
wholly-reserved = {$title}: all of it is reserved by another check
only-returned = Return: no benefits apply to this bill
top-up = Top-up
stamps = Stamps
bonus-of = {$title}: bonus
top-up-out-of-range = {$title}: {$chosen} cannot be topped up, {$offered} is offered
next-end = {$title}: {$amount} valid until {$day}
almost-there = {$amount} more and you get: {$title}
returned-to-credit = {$amount} will be added to the credit
other-currency = The check is in {$basket}, the balances are in {$merchant}: they cannot be used

## Why a code is not applicable, by its reasonCode

NOT_FOUND = not found
EXPIRED = expired
ALREADY_USED = already used
ALREADY_APPLIED = already applied
NOT_YET_VALID = not yet valid
NOT_COMBINABLE = cannot be combined
NO_MATCHING_ITEMS = no item on the check matches
LOCKED_BY_OTHER_DEVICE = reserved at another register
LOCKED_BY_OTHER_CHECK = reserved for another check of this register
PARTLY_RESERVED = partly reserved elsewhere
INACTIVE = not active
FROZEN = frozen
EMPTY_BASKET = the check is empty
CURRENCY_MISMATCH = other currency
AMBIGUOUS = belongs to several customers, scan a card
MIN_AMOUNT_NOT_MET = minimum amount not reached
WRONG_PLACE = not valid at this place
WRONG_TIME = not valid at this time
NOT_ELIGIBLE = not for this guest
LIMIT_REACHED = the limit is reached
ALREADY_ACTIVE = already active
TOP_UP_NOT_ALLOWED = cannot be topped up

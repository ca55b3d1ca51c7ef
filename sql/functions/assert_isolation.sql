-- Every verb reads what was committed before each of its statements; under a fixed snapshot a begin slips past a kill.
create or replace function midwatch.assert_isolation() returns void
language plpgsql as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the ledger works under READ COMMITTED, not under %', current_setting('transaction_isolation')
      using errcode = 'MW001';
  end if;
end $$;

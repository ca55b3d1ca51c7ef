-- A run with columns for meters that its admission did not name: `names` is a JSON array of text.
create or replace function midwatch.widened(r midwatch.run, names json) returns midwatch.run
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  p pin;
  wider text[];
begin
  select * into p from pin q where q.pin_id = r.pin_id;
  wider := p.meters || array(select json_array_elements_text(names));
  r.pin_id := pin_of(p.agent, p.version, p.fingerprint, wider);
  r.used := r.used || array_fill(0::bigint, array[json_array_length(names)]);
  r.reserved := r.reserved || array_fill(0::bigint, array[json_array_length(names)]);
  return r;
end $$;

-- The pin of these words, made when it is missing.
create or replace function midwatch.pin_of(agent text, version bigint, fingerprint text, meters text[]) returns bigint
language plpgsql
set search_path to midwatch, pg_temp
as $$
declare
  found_id bigint;
begin
  for turn in 1..2 loop
    select p.pin_id into found_id from pin p
     where p.agent = pin_of.agent and p.version = pin_of.version and p.fingerprint = pin_of.fingerprint
       and p.meters = pin_of.meters;
    exit when found;
    insert into pin (agent, version, fingerprint, meters)
      values (pin_of.agent, pin_of.version, pin_of.fingerprint, pin_of.meters) on conflict do nothing;
  end loop;
  return found_id;
end $$;

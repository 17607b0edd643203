-- Booking a service of a station (预约、代办), and cancelling it. Both look at who is asking: whoever
-- may report may book; whoever holds the secret that a booking was made with cancels it.

-- The next number of a year's bookings, from a sequence of their own: nobody waits for anybody.
CREATE OR REPLACE FUNCTION next_booking_number(year integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    counter CONSTANT text := format('booking_number_%s', year);
    given bigint;
BEGIN
    IF to_regclass(counter) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(counter, 0));
        -- Who waited may still remember that there was no sequence; making one brings the news.
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', counter);
    END IF;
    given := nextval(counter::regclass);
    RETURN 'B-' || year || '-' || lpad(given::text, GREATEST(6, length(given::text)), '0');
END $$;

-- How many more can book each of some slots, which begin then and are as long as the service says.
CREATE OR REPLACE FUNCTION free_seats(service_id bigint, slots timestamptz[])
RETURNS TABLE (starts_at timestamptz, free integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT slot, service.capacity - (
        SELECT count(DISTINCT taken.seat)::integer FROM booking AS taken
        WHERE taken.service_id = service.id AND taken.state <> 'cancelled'
          AND taken.seat <= service.capacity
          AND taken.starts_at > slot - interval '8 hours'
          AND taken.starts_at < slot + make_interval(mins => service.slot_minutes)
          AND taken.ends_at > slot)
    FROM station_service AS service CROSS JOIN unnest(slots) AS slot
    WHERE service.id = free_seats.service_id
$$;

-- Books a seat in a slot, the lowest that is free, or an errand, which has no end. The service's row
-- is held meanwhile, so that whoever comes at the same time waits, and then sees what is taken; a seat
-- is taken as well by a booking of before the hours were changed, whose time reaches into the slot.
--
--   booked   with the key and the number
--   full     no seat is free
--   closed   the station is closed for some of that time
--   changed  the service has ended, or its slots have another length by now
--   past     it has begun
CREATE OR REPLACE FUNCTION book(
    service_id bigint, secret_sha256 bytea, starts_at timestamptz, ends_at timestamptz,
    called text, phone text, note text, remind_at timestamptz
) RETURNS TABLE (outcome text, booking_id uuid, number text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted station_service;
    free integer;
BEGIN
    IF NOT asker_may_report() THEN
        RAISE EXCEPTION 'the asker may not book' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO wanted FROM station_service
    WHERE id = book.service_id FOR NO KEY UPDATE;
    IF NOT FOUND OR wanted.retired_at IS NOT NULL
       OR book.starts_at + make_interval(mins => wanted.slot_minutes)
          IS DISTINCT FROM book.ends_at
    THEN
        RETURN QUERY SELECT 'changed', NULL::uuid, NULL;
        RETURN;
    END IF;
    IF book.starts_at <= clock_timestamp() THEN
        RETURN QUERY SELECT 'past', NULL::uuid, NULL;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM closure
               WHERE station_id = wanted.station_id
                 AND closure.starts_at
                     < COALESCE(book.ends_at, book.starts_at + interval '1 minute')
                 AND COALESCE(closure.ends_at, 'infinity') > book.starts_at)
    THEN
        RETURN QUERY SELECT 'closed', NULL::uuid, NULL;
        RETURN;
    END IF;
    IF wanted.way = 'appointment' THEN
        SELECT min(place) INTO free FROM generate_series(1, wanted.capacity) AS place
        WHERE NOT EXISTS (
            SELECT FROM booking AS taken
            WHERE taken.service_id = wanted.id AND taken.seat = place
              AND taken.state <> 'cancelled'
              AND taken.starts_at > book.starts_at - interval '8 hours'
              AND taken.starts_at < book.ends_at AND taken.ends_at > book.starts_at);
        IF free IS NULL THEN
            RETURN QUERY SELECT 'full', NULL::uuid, NULL;
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
    INSERT INTO booking (id, number, service_id, station_id, starts_at, ends_at, seat,
                         name, phone, note, follow_sha256, remind_at)
    SELECT gen_random_uuid(),
           next_booking_number(
               extract(year FROM clock_timestamp() AT TIME ZONE home.timezone)::integer),
           wanted.id, station.id, book.starts_at, book.ends_at, free,
           called, book.phone, book.note, secret_sha256, book.remind_at
    FROM station
    JOIN community ON community.id = station.community_id
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction AS home ON home.id = street.jurisdiction_id
    WHERE station.id = wanted.station_id
    RETURNING 'booked', booking.id, booking.number;
END $$;

-- Cancels the booking whose secret the asker holds. Returns its state then, or ``late`` when it has
-- begun; nothing where the secret opens none.
CREATE OR REPLACE FUNCTION cancel_booking() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    held booking;
BEGIN
    SELECT * INTO held FROM booking WHERE follow_sha256 = asker_follow() FOR UPDATE;
    IF NOT FOUND OR held.state <> 'booked' THEN
        RETURN held.state;
    END IF;
    IF held.starts_at <= clock_timestamp() THEN
        RETURN 'late';
    END IF;
    UPDATE booking SET state = 'cancelled', ended_at = clock_timestamp() WHERE id = held.id;
    RETURN 'cancelled';
END $$;

-- The number of a booking, by which those who look after a reminder name it.
CREATE OR REPLACE FUNCTION booking_number(booking_id uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT number FROM booking WHERE id = booking_id
$$;

-- +goose Up

-- The bots of incoming webhooks are no longer counted among a room's members.
UPDATE rooms SET member_count = (
	SELECT count(*) FROM memberships m
	WHERE m.room_id = rooms.id AND NOT EXISTS (SELECT 1 FROM hooks h WHERE h.user_id = m.user_id));

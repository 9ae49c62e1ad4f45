//! Consumers, against a model of their positions and claims.

use super::{World, is_in_doubt, seq};
use everbus::{
    Claim, Cursor, CursorChange, CursorMove, Error, EventLog, Result, SeekPosition, Uuid,
};
use std::collections::BTreeMap;

impl World {
    /// Moves some consumers at once; or one of them is claimed.
    pub(super) async fn move_cursors(&mut self, handle: usize) {
        let mut moves = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let change = match self.random.below(8) {
                0 => CursorChange::Register,
                1 | 2 => CursorChange::Ack(seq(1 + self.random.up_to(self.last()))),
                3 => CursorChange::Seek(self.position()),
                choice @ 4..=6 if !self.claims.is_empty() => {
                    let (consumer, claim) =
                        self.claims[self.random.below(self.claims.len())].clone();
                    let change = match choice {
                        4 => CursorChange::Release(claim),
                        _ => CursorChange::AckUnder(claim, seq(1 + self.random.up_to(self.last()))),
                    };
                    moves.push(CursorMove { consumer, change });
                    continue;
                }
                _ => {
                    let holder = Uuid::from_u64_pair(5, self.random.up_to(1));
                    moves.clear();
                    CursorChange::Claim { holder, start: self.position() }
                }
            };
            let consumer = ["a", "b"][self.random.below(2)].into();
            moves.push(CursorMove { consumer, change });
            if let CursorChange::Claim { .. } = change {
                break;
            }
        }
        let mut after = self.consumers.clone();
        let expected: Vec<_> = moves.iter().map(|each| self.change(&mut after, each)).collect();
        match self.handles[handle].move_cursors(moves.clone()).await {
            Ok(outcomes) => {
                for (outcome, expected) in outcomes.iter().zip(&expected) {
                    let code = outcome.as_ref().err().map(Error::code);
                    assert_eq!(code, expected.as_ref().err().copied(), "{moves:?}");
                }
                self.look_at_consumers(&[after]).await;
            }
            Err(error) => self.look_after(&error, after).await,
        }
    }

    fn position(&self) -> SeekPosition {
        match self.random.below(3) {
            0 => SeekPosition::Beginning,
            1 => SeekPosition::Latest,
            _ => SeekPosition::Sequence(self.random.up_to(self.last() + 2)),
        }
    }

    /// What a change makes of the consumers. A new claim has the epoch 0 until the real one is known.
    fn change(
        &self,
        consumers: &mut BTreeMap<String, Cursor>,
        CursorMove { consumer, change }: &CursorMove,
    ) -> Result<(), &'static str> {
        let last = self.last();
        let number = |position| match position {
            SeekPosition::Beginning => seq(self.first),
            SeekPosition::Latest => seq(last + 1),
            SeekPosition::Sequence(n) => seq(n.max(1)),
            other => panic!("no test seeks {other:?}"),
        };
        let new = Cursor { next: seq(self.first), ..Cursor::START };
        let mut cursor = consumers.get(consumer).copied().unwrap_or(new);
        match *change {
            CursorChange::Register => {}
            CursorChange::Ack(_) if cursor.is_held => return Err("conflict"),
            CursorChange::AckUnder(claim, _) if cursor.claim != Some(claim) => {
                return Err("conflict");
            }
            CursorChange::Ack(n) | CursorChange::AckUnder(_, n) => {
                if n.get() > last {
                    return Err("invalid_position");
                }
                cursor.next = cursor.next.max(seq(n.get() + 1));
                cursor.is_new = false;
            }
            CursorChange::Seek(position) => {
                cursor = Cursor { next: number(position), is_new: false, ..cursor };
            }
            CursorChange::Claim { holder, start } => {
                let next = if cursor.is_new { number(start) } else { cursor.next };
                let claim = Some(Claim { epoch: 0, holder });
                cursor = Cursor { next, claim, is_held: true, is_new: false };
            }
            CursorChange::Release(claim) => cursor.is_held &= cursor.claim != Some(claim),
            other => panic!("no test makes the change {other:?}"),
        }
        consumers.insert(consumer.clone(), cursor);
        Ok(())
    }

    pub(super) async fn delete_consumer(&mut self, handle: usize) {
        let name = ["a", "b"][self.random.below(2)];
        let mut after = self.consumers.clone();
        let was_there = after.remove(name).is_some();
        match self.handles[handle].delete_consumer(name).await {
            Ok(told) => {
                assert_eq!(told, was_there);
                self.look_at_consumers(&[after]).await;
            }
            Err(error) => self.look_after(&error, after).await,
        }
    }

    /// After a failure they are as before; if it is in doubt, perhaps as they would have been.
    async fn look_after(&mut self, error: &Error, after: BTreeMap<String, Cursor>) {
        let mut possible = vec![self.consumers.clone()];
        possible.extend(is_in_doubt(error).then_some(after));
        self.look_at_consumers(&possible).await;
    }

    /// The consumers are as one of these says, and a new claim has a higher epoch than any before.
    async fn look_at_consumers(&mut self, possible: &[BTreeMap<String, Cursor>]) {
        let mut found = BTreeMap::new();
        for info in self.sound.consumers().await.expect("it works") {
            let cursor = self.sound.move_cursor(&info.name, CursorChange::Register).await;
            found.insert(info.name, cursor.expect("it is there"));
        }
        let mut known = found.clone();
        for (name, cursor) in &mut known {
            if let Some(claim) = &mut cursor.claim
                && claim.epoch > self.epoch
            {
                self.epoch = claim.epoch;
                self.claims.push((name.clone(), *claim));
                claim.epoch = 0;
            }
        }
        assert!(possible.contains(&known), "{known:?} is none of {possible:?}");
        self.consumers = found;
    }
}

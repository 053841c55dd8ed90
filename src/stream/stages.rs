//! Where the time of coding goes.

use super::coding::{Coding, Turn};
use super::lanes::{active, lane_len};
use crate::coder::LaneEncoder;
use crate::model::{Predictor, Question};
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// Times and counts of frames that were coded to look at the clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// Finding every lane's place, habits and contexts.
    pub look_up: Duration,
    /// Hearing the network.
    pub network: Duration,
    /// Finding counters, mixing, and the range coder.
    pub code: Duration,
    /// Learning.
    pub learn: Duration,
    /// Bytes: what is neither mixed nor settled was left as noise.
    pub bytes: u64,
    /// Those whose bits were mixed.
    pub mixed: u64,
    /// Those that one question settled.
    pub settled: u64,
    /// Multiply-adds of the network, of mixing, of learning.
    pub products: [u64; 3],
}

impl Stages {
    /// Codes a frame's content, as [`Coding::encode`] does but one part after the other, and adds what it took.
    pub fn add(&mut self, coding: &Coding, content: &[u8]) {
        coding.in_turn(content, |predictor, turn| {
            self.add_part(coding.lanes, predictor, turn);
        });
    }

    fn add_part(&mut self, lanes: usize, predictor: &mut Predictor, turn: Turn) {
        let Turn { bytes, start, .. } = turn;
        let len = bytes.len() - start;
        let lane_len = lane_len(len, lanes);
        predictor.go_on(start, lane_len);
        let mut coders: Vec<LaneEncoder> = (0..lanes).map(|_| LaneEncoder::default()).collect();
        let (mut coded, mut asked) = (vec![0; lanes], vec![(0, false); lanes]);
        for step in 0..lane_len {
            let active = active(len, lane_len, lanes, step);
            let begin = Instant::now();
            predictor.look_around(step, active, bytes);
            let found = Instant::now();
            predictor.listen(step, active, bytes);
            let begun = Instant::now();
            asked.fill((0, false));
            let answer = |lane: usize, question: Question, one: u16| {
                let yes = question.answer(bytes[start + lane * lane_len + step]);
                coders[lane].encode(yes, one);
                let (times, doubted) = asked[lane];
                asked[lane] = (times + 1, doubted || one != 1 << 15);
                Ok::<bool, Infallible>(yes)
            };
            let Ok(()) = predictor.code(step, bytes, &mut coded[..active], answer);
            let done = Instant::now();
            for (sum, products) in self.products.iter_mut().zip(predictor.products(active)) {
                *sum += products;
            }
            let counted = Instant::now();
            predictor.learn(step, active, bytes);
            self.look_up += found - begin;
            self.network += begun - found;
            self.code += done - begun;
            self.learn += counted.elapsed();
            for &(times, doubted) in &asked[..active] {
                self.bytes += 1;
                self.settled += u64::from(times == 1);
                self.mixed += u64::from(times > 1 && doubted);
            }
        }
    }
}

//! httparse on the message given on standard input: prints nanoseconds per parse, the best of several rounds.
//! Arguments: `request` or `response`, then the number of headers that must be found.
use std::hint::black_box;
use std::io::Read;
use std::mem::MaybeUninit;
use std::time::Instant;

const ROUNDS: usize = 200;
const PARSES: u32 = 10_000;

fn parse(kind: &str, input: &[u8]) -> (usize, usize) {
    // Uninitialized, as httparse advises who wants speed: clearing a hundred headers would cost as much as parsing.
    let mut headers = [const { MaybeUninit::<httparse::Header>::uninit() }; 100];
    let (status, found) = if kind == "request" {
        let mut request = httparse::Request::new(&mut []);
        (request.parse_with_uninit_headers(input, &mut headers), request.headers.len())
    } else {
        let mut response = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        (
            config.parse_response_with_uninit_headers(&mut response, input, &mut headers),
            response.headers.len(),
        )
    };
    match status {
        Ok(httparse::Status::Complete(consumed)) => (consumed, found),
        other => panic!("{other:?}"),
    }
}

fn main() {
    let kind = std::env::args().nth(1).expect("request or response");
    let headers: usize = std::env::args().nth(2).expect("number of headers").parse().expect("a number");
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("a message on standard input");
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..PARSES {
            assert_eq!(parse(black_box(&kind), black_box(&input)), (input.len(), headers));
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(PARSES));
    }
    println!("{best:.2}");
}

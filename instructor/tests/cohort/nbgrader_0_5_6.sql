-- A gradebook that nbgrader 0.5.6 (SQLAlchemy 1.3) made and filled through its own API, with one student and a grade by hand.
BEGIN TRANSACTION;
CREATE TABLE assignment (
	id VARCHAR(32) NOT NULL,
	name VARCHAR(128) NOT NULL,
	duedate DATETIME,
	PRIMARY KEY (id),
	UNIQUE (name)
);
INSERT INTO assignment VALUES('71ece1642b9b4853a36cec779c5852de','01_small','2026-12-01 00:00:00.000000');
CREATE TABLE student (
	id VARCHAR(128) NOT NULL,
	first_name VARCHAR(128),
	last_name VARCHAR(128),
	email VARCHAR(128),
	PRIMARY KEY (id)
);
INSERT INTO student VALUES('student01','Ada','King',NULL);
CREATE TABLE notebook (
	id VARCHAR(32) NOT NULL,
	name VARCHAR(128) NOT NULL,
	assignment_id VARCHAR(32),
	kernelspec VARCHAR(1024),
	PRIMARY KEY (id),
	UNIQUE (name, assignment_id),
	FOREIGN KEY(assignment_id) REFERENCES assignment (id)
);
INSERT INTO notebook VALUES('bec8087dad7940d1acefab0ff5fb2052','01_small','71ece1642b9b4853a36cec779c5852de',NULL);
CREATE TABLE submitted_assignment (
	id VARCHAR(32) NOT NULL,
	assignment_id VARCHAR(32),
	student_id VARCHAR(128),
	timestamp DATETIME,
	extension DATETIME,
	PRIMARY KEY (id),
	UNIQUE (assignment_id, student_id),
	FOREIGN KEY(assignment_id) REFERENCES assignment (id),
	FOREIGN KEY(student_id) REFERENCES student (id)
);
INSERT INTO submitted_assignment VALUES('f9525752e9a44d6f9d53d551606d3ae1','71ece1642b9b4853a36cec779c5852de','student01','2026-11-01 00:00:00.000000',NULL);
CREATE TABLE grade_cell (
	id VARCHAR(32) NOT NULL,
	name VARCHAR(128) NOT NULL,
	max_score FLOAT NOT NULL,
	cell_type VARCHAR(8) NOT NULL,
	notebook_id VARCHAR(32),
	PRIMARY KEY (id),
	UNIQUE (name, notebook_id),
	CONSTRAINT grade_cell_type CHECK (cell_type IN ('code', 'markdown')),
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO grade_cell VALUES('e151a6167e604d8c932429836f4ff472','01_1',4.0,'code','bec8087dad7940d1acefab0ff5fb2052');
INSERT INTO grade_cell VALUES('a40090cebfde4e35bb69e2e8a173172d','01_2',6.0,'code','bec8087dad7940d1acefab0ff5fb2052');
CREATE TABLE solution_cell (
	id VARCHAR(32) NOT NULL,
	name VARCHAR(128) NOT NULL,
	notebook_id VARCHAR(32),
	PRIMARY KEY (id),
	UNIQUE (name, notebook_id),
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO solution_cell VALUES('ddd48bf360a34b2b87bee1a745aaed2f','01_1_answer','bec8087dad7940d1acefab0ff5fb2052');
INSERT INTO solution_cell VALUES('c9a581d19d9e49d3913e020cca489593','01_2_answer','bec8087dad7940d1acefab0ff5fb2052');
CREATE TABLE source_cell (
	id VARCHAR(32) NOT NULL,
	name VARCHAR(128) NOT NULL,
	cell_type VARCHAR(8) NOT NULL,
	locked BOOLEAN NOT NULL,
	source TEXT,
	checksum VARCHAR(128),
	notebook_id VARCHAR(32),
	PRIMARY KEY (id),
	UNIQUE (name, notebook_id),
	CONSTRAINT source_cell_type CHECK (cell_type IN ('code', 'markdown')),
	CHECK (locked IN (0, 1)),
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO source_cell VALUES('8efffc1f135f49c3b83c49d02a6d5aca','01_1','code',0,'1',NULL,'bec8087dad7940d1acefab0ff5fb2052');
INSERT INTO source_cell VALUES('84e7e30d9cd44064933d65aab2c630e7','01_2','code',0,'1',NULL,'bec8087dad7940d1acefab0ff5fb2052');
CREATE TABLE submitted_notebook (
	id VARCHAR(32) NOT NULL,
	assignment_id VARCHAR(32),
	notebook_id VARCHAR(32),
	flagged BOOLEAN,
	late_submission_penalty FLOAT,
	PRIMARY KEY (id),
	UNIQUE (notebook_id, assignment_id),
	FOREIGN KEY(assignment_id) REFERENCES submitted_assignment (id),
	FOREIGN KEY(notebook_id) REFERENCES notebook (id),
	CHECK (flagged IN (0, 1))
);
INSERT INTO submitted_notebook VALUES('ad0ec5f9d0024383bb343e3983d140a4','f9525752e9a44d6f9d53d551606d3ae1','bec8087dad7940d1acefab0ff5fb2052',0,NULL);
CREATE TABLE grade (
	id VARCHAR(32) NOT NULL,
	notebook_id VARCHAR(32),
	cell_id VARCHAR(32),
	auto_score FLOAT,
	manual_score FLOAT,
	extra_credit FLOAT,
	needs_manual_grade BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (cell_id, notebook_id),
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id),
	FOREIGN KEY(cell_id) REFERENCES grade_cell (id),
	CHECK (needs_manual_grade IN (0, 1))
);
INSERT INTO grade VALUES('a040e60ffccd4faf807bf5017ccb8a8a','ad0ec5f9d0024383bb343e3983d140a4','e151a6167e604d8c932429836f4ff472',0.0,1.5,NULL,1);
INSERT INTO grade VALUES('44fb03cb10af48728224d33934c0213e','ad0ec5f9d0024383bb343e3983d140a4','a40090cebfde4e35bb69e2e8a173172d',NULL,NULL,NULL,1);
CREATE TABLE comment (
	id VARCHAR(32) NOT NULL,
	notebook_id VARCHAR(32),
	cell_id VARCHAR(32),
	auto_comment TEXT,
	manual_comment TEXT,
	PRIMARY KEY (id),
	UNIQUE (cell_id, notebook_id),
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id),
	FOREIGN KEY(cell_id) REFERENCES solution_cell (id)
);
INSERT INTO comment VALUES('e1017fcb5e234aa4a7dac11d0d65f393','ad0ec5f9d0024383bb343e3983d140a4','ddd48bf360a34b2b87bee1a745aaed2f',NULL,NULL);
INSERT INTO comment VALUES('82d4d73aaa154c70b93ba3d53c062c9d','ad0ec5f9d0024383bb343e3983d140a4','c9a581d19d9e49d3913e020cca489593',NULL,NULL);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO alembic_version VALUES('724cde206c17');
COMMIT;

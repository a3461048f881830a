<?xml version="1.0" encoding="UTF-8"?>
<!-- Items as the DRIVER Guidelines 2.0 want them: an XOAI document goes in and comes out with
     - the day of dc.date.issued, and no other date;
     - the publication types of the guidelines (page 68) in dc.type with info:eu-repo/semantics/ before them;
     - the one right that all items of the context have: openAccess;
     - languages of ISO 639-3 (common.xsl). -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns="http://www.lyncode.com/xoai"
    exclude-result-prefixes="x">
  <xsl:import href="common.xsl"/>

  <xsl:variable name="driver-types" select="' article bachelorThesis masterThesis doctoralThesis book bookPart review
    conferenceObject lecture workingPaper preprint report annotation contributionToPeriodical patent other '"/>

  <xsl:template match="x:element" mode="date">
    <xsl:if test="x:element[@name = 'issued']">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="x:element[@name = 'issued']" mode="issued"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="x:field" mode="type">
    <xsl:variable name="type" select="normalize-space()"/>
    <xsl:call-template name="value">
      <xsl:with-param name="value">
        <xsl:if test="not(contains($type, ' ')) and contains($driver-types, concat(' ', $type, ' '))">
          <xsl:value-of select="$semantics"/>
        </xsl:if>
        <xsl:value-of select="$type"/>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="x:element" mode="dc">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="x:element[@name != 'rights']" mode="of-dc"/>
      <element name="rights">
        <element name="none"><field name="value"><xsl:value-of select="$semantics"/>openAccess</field></element>
      </element>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
